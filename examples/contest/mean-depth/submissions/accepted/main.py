n = int(input())
depths = list(map(float, input().split()))
print(sum(depths) / n)
