from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Keep")



@_attrs_define
class Keep:
    """ Which checkpoints stay once newer ones are there; the newest two always do. Default null: all.

        Attributes:
            last (int | Unset): The newest so many. Default 1. Default: 1.
            best_by (None | str | Unset): And the one where this metric of its epoch, or of the evaluation after its step,
                is best: highest, but lowest where the name ends in loss, perplexity or kl. Default null: none.
     """

    last: int | Unset = 1
    best_by: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        last = self.last

        best_by: None | str | Unset
        if isinstance(self.best_by, Unset):
            best_by = UNSET
        else:
            best_by = self.best_by


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if last is not UNSET:
            field_dict["last"] = last
        if best_by is not UNSET:
            field_dict["best_by"] = best_by

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        last = d.pop("last", UNSET)

        def _parse_best_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        best_by = _parse_best_by(d.pop("best_by", UNSET))


        keep = cls(
            last=last,
            best_by=best_by,
        )

        return keep

