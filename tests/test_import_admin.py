"""Import and export in the admin, as a clerk uses them."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from canteens.models import Canteen
from portal.audit.models import Event
from portal.listings import exporting
from portal.listings.importing_tables import read_table
from portal.listings.kinds import listing_models
from portal.listings.models import ImportBatch
from tests.factories import make_canteen
from tests.importing import as_csv
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = pytest.mark.django_db
IMPORT = "admin:canteens_canteen_import"


@pytest.fixture
def office(clerk: Any, settings: Any) -> Client:
    """Return a browser in which the clerk is signed in."""
    settings.STAFF_SECOND_FACTOR = False
    return sign_in(clerk)


def sign_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, content: bytes, name: str = "x.csv", **more: str) -> Any:
    return client.post(reverse(IMPORT), {"file": SimpleUploadedFile(name, content), **more}, follow=True)


def do(client: Client, deed: str, **more: str) -> Any:
    """Press a button on the page of the last import."""
    batch = ImportBatch.objects.latest("pk")
    address = reverse("admin:listings_importbatch_do", args=[batch.pk])
    return client.post(address, {"deed": deed, **more}, follow=True)


def lines(batch: ImportBatch) -> str:
    return reverse("admin:listings_importbatch_lines", args=[batch.pk])


def page_of_last(client: Client) -> str:
    batch = ImportBatch.objects.latest("pk")
    return client.get(reverse("admin:listings_importbatch_change", args=[batch.pk])).content.decode()


NEW = "名称,街道\n新食堂,康桥街道\n".encode()
MIXED = "名称,街道\n新食堂,康桥街道\n坏食堂,没有街道\n".encode()


def test_a_file_is_shown_row_by_row_and_written_when_confirmed(office: Client, work: Any) -> None:
    page = upload(office, NEW)
    assert "新食堂" in page.content.decode()
    assert "现在导入" in page.content.decode()
    assert not Canteen.objects.exists()
    assert "写入中" in do(office, "confirm").content.decode()
    work()
    assert "已导入 1 行" in page_of_last(office)
    assert Canteen.objects.get().state == "draft"
    batch = ImportBatch.objects.get()
    assert (batch.file_name, batch.actor_label, batch.area_code) == ("x.csv", "康桥工作人员", KANGQIAO)
    kept = office.get(reverse("admin:listings_importbatch_file", args=[batch.pk]))
    assert (kept.content, "attachment" in kept["Content-Disposition"]) == (NEW, True)
    assert Event.objects.get(action="imported").after == {"kind": "canteen", "written": 1, "refused": 0}


def test_refused_rows_show_their_reasons_and_only_the_others_go_in_when_told_so(
    office: Client, work: Any
) -> None:
    page = upload(office, MIXED)
    assert "没有“没有街道”" in page.content.decode()
    assert "没有写入任何内容" in do(office, "confirm").content.decode()
    work()
    assert not Canteen.objects.exists()
    do(office, "confirm", skip_refused="1")
    work()
    assert [place.name for place in Canteen.objects.all()] == ["新食堂"]


@pytest.mark.parametrize("format_name", ["xlsx", "csv"])
def test_the_refused_rows_come_back_as_a_file_that_says_why_and_can_be_put_right(
    office: Client, work: Any, format_name: str
) -> None:
    upload(office, MIXED)
    batch = ImportBatch.objects.get()
    answer = office.get(lines(batch), {"as": format_name})
    table = read_table(answer.content)
    assert table.header == ["名称", "街道", "未导入的原因"]
    assert [texts[:2] for _number, texts in table.rows] == [["坏食堂", "没有街道"]]
    assert "没有“没有街道”" in table.rows[0][1][2]
    table.rows[0][1][1] = "康桥街道"
    page = upload(office, as_csv(table))
    assert "无法识别" not in page.content.decode()
    do(office, "confirm")
    work()
    assert [place.name for place in Canteen.objects.all()] == ["坏食堂"]


def test_the_report_says_what_became_of_every_row(office: Client) -> None:
    upload(office, MIXED)
    batch = ImportBatch.objects.get()
    answer = office.get(lines(batch), {"of": "report", "as": "csv"})
    assert [texts[:3] for _number, texts in read_table(answer.content).rows] == [
        ["2", "新增", "新食堂"],
        ["3", "未采纳", "坏食堂"],
    ]


def test_a_change_between_looking_and_confirming_refuses_the_row_alone(office: Client, work: Any) -> None:
    place = make_canteen()
    upload(office, f"编号,电话\n{place.public_id},123\n".encode())
    from portal.listings import revising

    revising.edit(listing=place, changes={"notice": "改"}, actor=None, channel="office")
    do(office, "confirm")
    work()
    assert "有人修改了这个点位" in page_of_last(office)
    place.refresh_from_db()
    assert place.phone != "123"


def test_a_file_that_cannot_be_read_gets_a_sentence(office: Client) -> None:
    page = upload(office, b"MZ\0\0", "setup.xlsx")
    assert "请使用模板" in page.content.decode()
    assert office.post(reverse(IMPORT), {}).status_code == 200
    assert not ImportBatch.objects.exists()


def test_what_is_sent_twice_is_written_once(office: Client, work: Any) -> None:
    upload(office, NEW)
    do(office, "confirm")
    assert "已有新的进展" in do(office, "confirm").content.decode()
    work()
    assert Canteen.objects.count() == 1
    assert "已有新的进展" in do(office, "drop").content.decode()


def test_the_export_takes_the_lists_filters_and_the_persons_street(office: Client) -> None:
    make_canteen(name="发布食堂")
    make_canteen(name="草稿食堂", state="draft")
    make_canteen(name="闸弄口食堂", street=ZHALONGKOU)
    page = office.get(reverse("admin:canteens_canteen_changelist"), {"state": "draft"}).content.decode()
    address = re.search(r'href="([^"]*export\.csv[^"]*)"', page)[1].replace("&amp;", "&")
    table = read_table(office.get(address).content)
    names = [texts[table.header.index("名称")] for _number, texts in table.rows]
    assert names == ["草稿食堂"]
    everything = read_table(office.get(reverse("admin:canteens_canteen_export", args=["xlsx"])).content)
    assert len(everything.rows) == 2


def test_every_kind_has_import_template_and_export(office: Client) -> None:
    for model in listing_models():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert office.get(reverse(f"{name}_import")).status_code == 200
        for format_name, media in exporting.FORMATS.items():
            for page in ("template", "export"):
                answer = office.get(reverse(f"{name}_{page}", args=[format_name]))
                assert (answer.status_code, answer["Content-Type"]) == (200, media)
                assert "attachment" in answer["Content-Disposition"]
        assert office.get(reverse(f"{name}_export", args=["pdf"])).status_code == 404
        page = office.get(reverse(f"{name}_changelist")).content.decode()
        assert reverse(f"{name}_import") in page


def test_an_operator_sees_no_buttons_and_is_turned_away(operator: Any, courier: Any, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client = sign_in(operator)
    page = client.get(reverse("admin:canteens_canteen_changelist"))
    assert page.status_code == 200
    assert "export.csv" not in page.content.decode()
    for person in (client, sign_in(courier)):
        for address in (reverse(IMPORT), reverse("admin:canteens_canteen_export", args=["csv"])):
            assert person.get(address).status_code in {302, 403}
        assert upload(person, NEW).status_code in {302, 403}
    assert not Canteen.objects.exists()


def test_the_import_page_is_english_for_who_reads_english(office: Client) -> None:
    office.cookies["django_language"] = "en"
    page = upload(office, MIXED).content.decode()
    assert "is not known here" in page
    assert "Import the others" in page
    batch = ImportBatch.objects.get()
    table = office.get(lines(batch), {"as": "csv"})
    assert "Why it was refused" in read_table(table.content).header
