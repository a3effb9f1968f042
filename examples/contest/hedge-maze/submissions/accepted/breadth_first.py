from collections import deque


def main():
    height, width = map(int, input().split())
    rows = [input() for _ in range(height)]
    start = next((y, row.index("S")) for y, row in enumerate(rows) if "S" in row)
    steps = {start: 0}
    queue = deque([start])
    while queue:
        y, x = queue.popleft()
        if rows[y][x] == "E":
            print(steps[y, x])
            return
        for cell in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            inside = 0 <= cell[0] < height and 0 <= cell[1] < width
            if inside and cell not in steps and rows[cell[0]][cell[1]] != "#":
                steps[cell] = steps[y, x] + 1
                queue.append(cell)
    print(-1)


main()
