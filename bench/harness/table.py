"""Samples into a Markdown table: medians, and the spread that says how far to trust them."""
import statistics
from pathlib import Path

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
TITLES = {"null": "ceiling, null", "append": "ceiling, append", "discard": "Sealpost, route discard", "smtp": "Sealpost, route smtp"}


def median(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples)


def spread(samples):
    """Half the distance between the fastest and the slowest window, as a part of the median."""
    rates = [sample.messages_per_second for sample in samples]
    middle = statistics.median(rates)
    return (max(rates) - min(rates)) / 2 / middle if middle > 0 else 0


def _ratio(samples, other):
    base = median(other, "messages_per_second") if other else 0
    return f"{median(samples, 'messages_per_second') / base:.2f}" if base > 0 else "–"


def _errors(samples):
    kinds = {}
    for sample in samples:
        for kind, count in sample.errors.items():
            kinds[kind] = kinds.get(kind, 0) + count
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items())) or "0"


def window_rows(scenarios, results):
    yield "| scenario | server | messages/s | spread | final reply p50 / p99 ms | syncs per message | server CPU µs per message | ÷ append | ÷ null | errors |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for scenario in scenarios:
        if scenario.kind == "idle":
            continue
        of = results[scenario.name]
        for name, samples in of.items():
            title = scenario.title
            if scenario.resume:
                title += f" ({median(samples, 'resumed'):.0%})"
            yield (f"| {title} | {TITLES[name]} | {median(samples, 'messages_per_second'):,.0f} | ±{spread(samples):.0%} "
                   f"| {median(samples, 'p50_ms'):.2f} / {median(samples, 'p99_ms'):.1f} | {median(samples, 'syncs_per_message'):.3f} "
                   f"| {median(samples, 'cpu_microseconds'):.0f} | {_ratio(samples, of.get('append'))} "
                   f"| {_ratio(samples, of.get('null'))} | {_errors(samples)} |")


def idle_rows(scenarios, results, connections):
    for scenario in scenarios:
        if scenario.kind == "idle" and results[scenario.name]:
            yield ""
            yield f"| {connections:,} {scenario.title} | memory per connection, KiB | errors |"
            yield "|---|---:|---|"
            for name, samples in results[scenario.name].items():
                yield f"| {TITLES[name]} | {median(samples, 'memory_kib'):.1f} | {_errors(samples)} |"


def markdown(facts, scenarios, results, idle_connections):
    lines = [f"- {fact}" for fact in facts] + [""]
    if any(scenario.kind != "idle" for scenario in scenarios):
        lines += window_rows(scenarios, results)
    lines += idle_rows(scenarios, results, idle_connections)
    return "\n".join(lines) + "\n"


def put_between_markers(file, text):
    content = Path(file).read_text()
    head, found_begin, rest = content.partition(BEGIN)
    _, found_end, tail = rest.partition(END)
    if not found_begin or not found_end:
        raise SystemExit(f"{file}: no '{BEGIN}' … '{END}'")
    Path(file).write_text(f"{head}{BEGIN}\n{text}{END}{tail}")
