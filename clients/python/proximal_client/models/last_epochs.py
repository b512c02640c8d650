from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="LastEpochs")



@_attrs_define
class LastEpochs:
    """ 
        Attributes:
            last_epochs (int): Those of the newest so many epochs.
     """

    last_epochs: int





    def to_dict(self) -> dict[str, Any]:
        last_epochs = self.last_epochs


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "last_epochs": last_epochs,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        last_epochs = d.pop("last_epochs")

        last_epochs = cls(
            last_epochs=last_epochs,
        )

        return last_epochs

