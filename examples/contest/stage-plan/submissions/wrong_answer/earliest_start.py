import sys

numbers = list(map(int, sys.stdin.read().split()))
free_from = played = 0
for start, end in sorted(zip(numbers[1::2], numbers[2::2])):
    if start >= free_from:
        played += 1
        free_from = end
print(played)
