print(input().count("a"))
