import itertools
import sys

numbers = list(map(int, sys.stdin.read().split()))
count = numbers[0]
pairs = list(zip(numbers[2::2], numbers[3::2]))
for order in itertools.permutations(range(1, count + 1)):
    place = {lecture: position for position, lecture in enumerate(order)}
    if all(place[first] < place[second] for first, second in pairs):
        print(*order)
        break
else:
    print("impossible")
