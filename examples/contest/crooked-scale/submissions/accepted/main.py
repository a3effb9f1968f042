w, b = map(int, input().split())
print(w - b)
