"""Portuguese words that say nothing about a theme; and the commonest English ones, as some comments are in English."""

from __future__ import annotations

_WORDS = """
ainda além algo alguém algum alguma algumas alguns além ante antes apenas após aquela aquelas aquele aqueles aqui
aquilo assim até cada com como contra cujo das dela delas dele deles demais depois desde dessa dessas desse desses
desta destas deste destes dia dias disso disto dos duas ela elas ele eles entre era eram essa essas esse esses
esta estamos estar estas estava estavam este estes estou está estão eu fazer faz feito fez fica ficou foi fomos
for foram fosse haver havia hoje isso isto já las lhe lhes lo logo los mais mas me mesma mesmas mesmo mesmos meu
meus minha minhas muita muitas muito muitos na nada nas nem nenhum nenhuma no nos nossa nossas nosso nossos nunca
não num numa nós onde ou outra outras outro outros para pela pelas pelo pelos per pode podem poderia pois por
porque porém pouca poucas pouco poucos pra pro qual quais quando quanto que quem quer se sem sempre sendo ser será
seria seu seus si sido sim sob sobre sua suas são só tal também tanto tão te tem temos tenho ter teve tinha toda
todas todo todos tudo tive um uma umas uns vai vem vez vezes você vocês vou
and are but for from had has have not our that the their them they this too very was were with you your
"""
STOP_WORDS = frozenset(_WORDS.split())
