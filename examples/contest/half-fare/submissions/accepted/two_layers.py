import heapq
import sys


def main():
    numbers = list(map(int, sys.stdin.read().split()))
    count = numbers[0]
    roads = [[] for _ in range(count + 1)]
    for a, b, fare in zip(numbers[2::3], numbers[3::3], numbers[4::3]):
        roads[a].append((b, fare))
        roads[b].append((a, fare))
    settled = set()
    queue = [(0, 1, False)]
    while queue:
        cost, village, used = heapq.heappop(queue)
        if village == count:
            print(cost)
            return
        if (village, used) in settled:
            continue
        settled.add((village, used))
        for neighbour, fare in roads[village]:
            heapq.heappush(queue, (cost + fare, neighbour, used))
            if not used:
                heapq.heappush(queue, (cost + fare // 2, neighbour, True))


main()
