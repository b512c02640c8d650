from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="LastLayers")



@_attrs_define
class LastLayers:
    """ 
        Attributes:
            last (int): So many layers before the head.
     """

    last: int





    def to_dict(self) -> dict[str, Any]:
        last = self.last


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "last": last,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        last = d.pop("last")

        last_layers = cls(
            last=last,
        )

        return last_layers

