"""Markdown tables from the saved JSON."""


def fmt_t(s):
    if s < 1e-3:
        return f"{s * 1e6:.0f} µs"
    return f"{s * 1e3:.3g} ms" if s < 1 else f"{s:.3g} s"


def lines(head, rows):
    """The lines of a table."""
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)]


def _engine_tables(data):
    out = []
    for threads, tasks in data["engine"].items():
        engines = []
        for row in tasks.values():
            engines += [e for e in row if e not in engines]
        out += [f"### Engines, {threads} thread(s): median time (ratio to hand-written NumPy, paired)", ""]
        out += ["| task | " + " | ".join(engines) + " |", "|---|" + "---|" * len(engines)]
        for t, row in tasks.items():
            cells = []
            for e in engines:
                r = row.get(e, {"error": "-"})
                if "error" in r:
                    cells.append(">limit" if "no answer" in r["error"] else "crash" if "died" in r["error"] else "n/a")
                else:
                    c = fmt_t(r["median_s"])
                    if e != "numpy" and "ratio" in r:
                        c += f" ({r['ratio']:.2f})"
                    cells.append(c + (" **wrong**" if r.get("disagrees") else ""))
            out.append(f"| {t} | " + " | ".join(cells) + " |")
        out += ["", f"### Peak memory above the inputs in MB (cold first call in s), {threads} thread(s)", ""]
        out += ["| task | " + " | ".join(engines) + " |", "|---|" + "---|" * len(engines)]
        for t, row in tasks.items():
            cells = []
            for e in engines:
                r = row.get(e, {"error": "-"})
                cells.append("–" if "error" in r else f"{r.get('peak_mb', float('nan')):.1f} ({r['first']:.3g})")
            out.append(f"| {t} | " + " | ".join(cells) + " |")
        out.append("")
    return out


def _verify_tables(data):
    v, out = data["verify"], []
    tools, problems = list(v), []
    for rows in v.values():
        problems += [p for p in rows if p not in problems]
    head = ["| problem | " + " | ".join(tools) + " |", "|---|" + "---|" * len(tools)]

    def cell(r, kind):
        if r is None:
            return "–"
        if kind == "time":
            if "cold" not in r:
                return r.get("error", "?")[:22]
            return f"{fmt_t(r['warm'])}" + (f" (cold {fmt_t(r['cold'])})" if r["cold"] > 2 * r["warm"] else "")
        if kind == "floor":
            if "cold" not in r:
                return "–"
            if not r.get("passed"):
                return "false alarm"
            return f"{r['floor']:g}" if r.get("floor") else ("none" if "rates" in r else "?")
        return "–" if "cold" not in r else f"{r.get('peak_mb', 0):.0f}"

    normal = [p for p in problems if not p.startswith("fa_")]
    alarms = [p for p in problems if p.startswith("fa_")]
    for kind, title in (
        ("time", "cost of one verification (warm; cold when it differs)"),
        ("floor", "detection floor: smallest relative error of one element that is detected"),
        ("mem", "peak memory in MB"),
    ):
        out += [f"### Verifiers: {title}", "", *head]
        out += [f"| {p} | " + " | ".join(cell(v[t].get(p), kind) for t in tools) + " |" for p in normal]
        out.append("")
    if alarms:
        out += ["### Verifiers: verdict on correct gradients (false alarms)", "", *head]
        for p in alarms:
            cells = [
                (
                    "–"
                    if t not in v or p not in v[t]
                    else "pass"
                    if v[t][p].get("passed")
                    else v[t][p].get("error", "**alarm**")[:30]
                )
                for t in tools
            ]
            out.append(f"| {p} | " + " | ".join(cells) + " |")
        out.append("")
    return out


def markdown(data):
    out = []
    if "engine" in data:
        out += _engine_tables(data)
    if "verify" in data:
        out += _verify_tables(data)
    return "\n".join(out)
