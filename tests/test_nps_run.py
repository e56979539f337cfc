"""Surveys from the file to the page: every kind of bad score gives a smaller right answer or one message with its remedy."""

import datetime

import pytest

from carteira_lib import canonical, nps, tables
from carteira_lib.tables import DataError
from tests.nps_people import portfolio

BEGIN = datetime.date(2026, 1, 10)
CLIENTS = [f"{n:03d}" for n in range(30)]
LAST = BEGIN + datetime.timedelta(days=180)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Page 05 of thirty regular buyers and the survey lines given."""
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path / "out"))

    def _page(lines, policy=None, **options):
        orders = [
            f"{c};{BEGIN + datetime.timedelta(days=d):%d/%m/%Y};10,00" for c in CLIENTS for d in range(0, 181, 30)
        ]
        (tmp_path / "o.csv").write_text("\n".join(["customer_id;order_date;amount", *orders]), encoding="utf-8")
        sources = {"orders": {"path": str(tmp_path / "o.csv")}}
        if lines is not None:
            text = "\n".join(["customer_id;answer_date;score;comment", *lines, ""])
            (tmp_path / "s.csv").write_text(text, encoding="utf-8")
            sources["surveys"] = {"path": str(tmp_path / "s.csv"), **options}
        run = canonical.prepare(run_name="loja", sources=sources)
        names = [name for name in canonical.NPS_FRAMES if name != "portfolio"]
        frames = canonical.frames(run, names) | {"portfolio": portfolio(CLIENTS)}
        policy = policy or nps.Policy(scale_declared=nps.scale_declared(sources))
        result = nps.analyse(frames, policy, as_of=run.as_of)
        nps.write(run, result)
        assert all(tables.exists(run, name) for name in nps.views.WRITTEN)
        return result, nps.findings(result)

    return _page


def answers(scores, day=LAST) -> list[str]:
    return [f"{client};{day:%d/%m/%Y};{score};" for client, score in zip(CLIENTS, scores, strict=False)]


def test_bad_scores_are_refused_one_by_one_and_the_rest_is_scored(page):
    result, said = page(answers([*[10] * 8, *[3] * 4, "11", "-1", "7,5", "dez", "", "9 - ótimo"]))
    row = result.summary.iloc[0]
    assert row[["answers", "promoters", "detractors"]].tolist() == [12, 8, 4]
    assert row["nps"] == pytest.approx(100 * 4 / 12)
    assert said[-1] == "Respostas que ficaram fora: 6 com nota fora da escala."


def test_answers_of_the_future_of_strangers_and_repeats_are_told(page):
    lines = answers([9] * 12) + answers([0] * 3, LAST - datetime.timedelta(days=3))
    lines += answers([0] * 2, LAST + datetime.timedelta(days=1))
    lines += ["zzz;01/07/2026;10;", "000;31/02/2026;9;"]
    result, said = page(lines)
    assert result.summary.loc[0, "answers"] == 12
    assert said[-1] == (
        "Respostas que ficaram fora: 1 com data ilegível, 2 com data depois da data-base, 1 de quem nunca comprou e "
        "3 de quem respondeu de novo depois (vale a última)."
    )


@pytest.mark.parametrize(
    ("scores", "scale", "value"),
    [([5] * 12 + [4] * 4 + [1] * 4, "1-5", 40), ([95] * 6 + [90] * 6 + [75.5] * 4 + [69] * 4, "0-100", 40)],
)
def test_another_scale_is_refused_unless_the_params_say_it(page, scores, scale, value):
    lines = answers([str(score).replace(".", ",") for score in scores])
    with pytest.raises(DataError, match=f"declare survey_scale: {scale} em sources.surveys") as caught:
        page(lines)
    assert "\n" not in str(caught.value)
    result, _ = page(lines, survey_scale=scale)
    assert result.summary.loc[0, "nps"] == pytest.approx(value)


@pytest.mark.parametrize("lines", [None, answers(["x"] * 3)], ids=["no file", "nothing readable"])
def test_no_survey_still_writes_the_page(page, lines):
    result, said = page(lines)
    assert said[0] == "Nenhuma resposta de pesquisa que se possa usar: não há NPS a mostrar."
    assert set(result.clients["suggested_action"]) == {"ask"}
