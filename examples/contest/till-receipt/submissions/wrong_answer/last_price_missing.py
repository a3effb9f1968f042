n = int(input())
prices = list(map(int, input().split()))
print(sum(prices[: n - 1]))
