import sys

sys.setrecursionlimit(10**6)
n, _ = map(int, input().split())
loose = set(map(int, input().split()))


def ways(step):
    if step == 0:
        return 1
    if step < 0 or step in loose:
        return 0
    return ways(step - 1) + ways(step - 2) + ways(step - 3)


print(ways(n) % (10**9 + 7))
