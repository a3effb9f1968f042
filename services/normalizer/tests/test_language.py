import pytest

from microcoder.normalizer.domain.language import detect_language

TEXTS = {
    "en": "You are given two integers on one line. Write a program that finds the sum of them.",
    "sv": "Du får två heltal på en rad. Skriv ett program som räknar ut summan av dem.",
    "de": "Auf einer Zeile sind zwei Zahlen gegeben. Schreibe ein Programm, das die Summe und nichts sonst ausgibt.",
    "fr": "On vous donne deux entiers sur une ligne. Écrivez un programme qui calcule la somme de ces entiers.",
    "es": "Se dan dos números enteros en una línea. Escribe un programa que calcule la suma de los números.",
    "pt": "São dados dois números inteiros em uma linha. Escreva um programa que calcule a soma dos números.",
    "nl": "Je krijgt twee gehele getallen op een regel. Schrijf een programma dat de som van deze getallen berekent.",
    "pl": "W jednej linii podano dwie liczby. Napisz program, który oblicza sumę tych liczb i się ją wypisuje.",
    "ru": "В одной строке даны два целых числа. Напишите программу, которая выводит их сумму.",
    "uk": "В одному рядку дано два цілих числа. Напишіть програму, яка виводить їхню суму.",
    "zh": "给定一行中的两个整数,编写程序输出它们的和。",
    "ja": "1行に2つの整数が与えられます。それらの和を求めるプログラムを書いてください。",
    "ko": "한 줄에 두 정수가 주어진다. 두 수의 합을 출력하는 프로그램을 작성하시오.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_short_statements_are_told_apart(language: str) -> None:
    assert detect_language(TEXTS[language]) == language


def test_math_code_and_links_say_nothing() -> None:
    noise = "$the the the$ `of of of` ```\nand and\n``` https://the.example/of/and "
    assert detect_language(noise * 20) == ""
    assert detect_language(noise * 20 + TEXTS["sv"]) == "sv"


@pytest.mark.parametrize(
    "text", ["", "Hello World", "1 2 3", "Lorem ipsum dolor sit amet consectetur adipiscing elit " * 3]
)
def test_too_little_to_tell(text: str) -> None:
    assert detect_language(text) == ""
