a, m = map(int, input().split())
position, turns = a % m, 1
while position != 1 % m:
    position = position * a % m
    turns += 1
print(turns)
