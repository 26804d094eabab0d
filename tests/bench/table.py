"""Tables: rows of words, aligned for a terminal or written as Markdown."""

COLUMNS = ["", "median s", "min s", "ratio", "cpu s", "peak MiB", "MB/s", "rounds", "answer"]


def aligned(rows):
    """Rows for a terminal: the first column and the last to the left, the others to the right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    last = len(widths) - 1
    return "\n".join("  ".join(word.ljust(width) if at in (0, last) else word.rjust(width)
                               for at, (word, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def markdown(rows):
    """Rows of a Markdown table, the first of them its head."""
    head, *body = [[word.replace("|", "\\|") for word in row] for row in rows]
    rule = ["---", *["---:"] * (len(head) - 2), "---"]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *body])


def of_race(race):
    """The rows of a race as it was recorded; a ratio is to the first racer."""
    return [COLUMNS, *map(of_result, race["results"])]


def of_result(result):
    if result["not_run"]:
        return [result["name"], *[""] * (len(COLUMNS) - 2), f"NOT RUN: {result['not_run']}"]
    return [
        result["name"], seconds(result["median"]), seconds(result["least"]), f"{result['ratio']:.2f}",
        seconds(result["cpu"]), f"{result['peak'] / 2**20:.0f}",
        f"{result['rate'] / 1e6:.0f}" if result["rate"] else "", str(result["rounds"]), answer(result),
    ]


def seconds(value):
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def answer(result):
    if result["is_right"] is None:
        return result["says"]
    words = ["right" if result["is_right"] else "WRONG", *([result["says"]] if result["says"] else [])]
    return ": ".join(words)
