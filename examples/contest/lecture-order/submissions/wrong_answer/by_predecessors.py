import sys

numbers = list(map(int, sys.stdin.read().split()))
count = numbers[0]
waits_for = [0] * (count + 1)
for second in numbers[3::2]:
    waits_for[second] += 1
print(*sorted(range(1, count + 1), key=lambda lecture: waits_for[lecture]))
