import heapq
import sys

numbers = list(map(int, sys.stdin.read().split()))
count = numbers[0]
roads = [[] for _ in range(count + 1)]
for a, b, fare in zip(numbers[2::3], numbers[3::3], numbers[4::3]):
    roads[a].append((b, fare))
    roads[b].append((a, fare))
settled = set()
queue = [(0, 1, 0)]
while queue:
    cost, village, dearest = heapq.heappop(queue)
    if village == count:
        print(cost - dearest // 2)
        break
    if village in settled:
        continue
    settled.add(village)
    for neighbour, fare in roads[village]:
        heapq.heappush(queue, (cost + fare, neighbour, max(dearest, fare)))
