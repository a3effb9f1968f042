height, width = map(int, input().split())
rows = [input() for _ in range(height)]
best = {}


def walk(y, x, steps):
    if not (0 <= y < height and 0 <= x < width) or rows[y][x] == "#":
        return
    if best.get((y, x), steps + 1) <= steps:
        return
    best[y, x] = steps
    for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        walk(y + dy, x + dx, steps + 1)


where = {mark: (y, x) for y, row in enumerate(rows) for x, mark in enumerate(row)}
walk(*where["S"], 0)
print(best.get(where["E"], -1))
