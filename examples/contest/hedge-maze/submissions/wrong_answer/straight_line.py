height, width = map(int, input().split())
rows = [input() for _ in range(height)]
where = {mark: (y, x) for y, row in enumerate(rows) for x, mark in enumerate(row)}
print(abs(where["S"][0] - where["E"][0]) + abs(where["S"][1] - where["E"][1]))
