"""The functions of numpy.fft, by the names they have there."""

from __future__ import annotations

from numpy.fft import fftfreq, rfftfreq

from dualgrad.array import public

_NAMES = ("fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn").split()
__all__ = ["fftfreq", "rfftfreq", *_NAMES]
globals().update({name: public()[name] for name in _NAMES})
