print(input().strip().title())
