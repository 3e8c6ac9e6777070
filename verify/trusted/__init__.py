"""What the certificate checker rests on. Nothing here imports anything but the standard library and its neighbours."""
