n = int(input())
depths = list(map(float, input().split()))
print(f"{sum(depths) / n:.2f}")
