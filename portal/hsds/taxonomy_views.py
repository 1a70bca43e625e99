"""Taxonomies and their terms."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from portal.hsds import examples, schema
from portal.hsds.answering import HsdsList, HsdsView, page_of
from portal.hsds.asking import FORMAT, PAGING, described
from portal.hsds.taxonomies import TAXONOMY, terms


def holding(items: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """Return the items whose name or description holds every word."""
    sought = words.casefold().split()
    return [
        item
        for item in items
        if all(word in f"{item['name']} {item['description']}".casefold() for word in sought)
    ]


class AtHand(HsdsList):
    """A list that needs no database."""

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return a page."""
        return page_of(self.everything(request, asked), asked)


class OneAtHand(HsdsView):
    """An item of such a list."""

    def items(self) -> list[dict[str, Any]]:
        """Return all items."""
        raise NotImplementedError

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return the item. Raise Http404 for none."""
        for item in self.items():
            if item["id"] == sought["id"].lower():
                return item
        raise Http404


class TaxonomiesView(AtHand):
    """The one taxonomy."""

    parameters = ("search", *PAGING)

    @extend_schema(
        operation_id="hsds_taxonomies_list",
        summary="分类体系列表 · Taxonomies",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.TaxonomyPage, TAXONOMY),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return taxonomies."""
        return self.answer(request)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield the taxonomy."""
        yield from holding([TAXONOMY], asked.get("search", ""))


class TaxonomyView(OneAtHand):
    """A taxonomy."""

    @extend_schema(
        operation_id="hsds_taxonomies_detail",
        summary="分类体系 · Taxonomy",
        **schema.single(schema.Taxonomy, TAXONOMY),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a taxonomy."""
        return self.answer(request, id=id)

    def items(self) -> list[dict[str, Any]]:
        """Return the taxonomy."""
        return [TAXONOMY]


class TermsView(AtHand):
    """The kinds of listing."""

    parameters = ("search", "taxonomy_id", "parent_id", "top_only", *PAGING)

    @extend_schema(
        operation_id="hsds_taxonomy_terms_list",
        summary="类型列表 · Taxonomy terms",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.TaxonomyTermPage, examples.TERM),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return the kinds of listing; none stands below another."""
        return self.answer(request)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield the kinds."""
        if "parent_id" in asked or str(asked.get("taxonomy_id", TAXONOMY["id"])) != TAXONOMY["id"]:
            return
        yield from holding(list(terms().values()), asked.get("search", ""))


class TermView(OneAtHand):
    """A kind of listing."""

    @extend_schema(
        operation_id="hsds_taxonomy_terms_detail",
        summary="类型 · Taxonomy term",
        **schema.single(schema.TaxonomyTerm, examples.TERM),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a kind of listing."""
        return self.answer(request, id=id)

    def items(self) -> list[dict[str, Any]]:
        """Return the kinds."""
        return list(terms().values())
