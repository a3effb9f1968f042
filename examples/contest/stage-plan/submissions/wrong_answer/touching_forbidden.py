import sys

numbers = list(map(int, sys.stdin.read().split()))
free_from, played = -1, 0
for end, start in sorted(zip(numbers[2::2], numbers[1::2])):
    if start > free_from:
        played += 1
        free_from = end
print(played)
