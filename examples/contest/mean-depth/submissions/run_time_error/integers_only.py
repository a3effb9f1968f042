n = int(input())
depths = list(map(int, input().split()))
print(sum(depths) / n)
