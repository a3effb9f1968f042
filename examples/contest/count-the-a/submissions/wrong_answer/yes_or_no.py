print(1 if "a" in input() else 0)
