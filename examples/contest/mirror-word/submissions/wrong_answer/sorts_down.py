print("".join(sorted(input().strip(), reverse=True)))
