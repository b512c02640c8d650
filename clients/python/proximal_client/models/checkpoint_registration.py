from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="CheckpointRegistration")



@_attrs_define
class CheckpointRegistration:
    """ A checkpoint as a model of its own, its adapter merged.

        Attributes:
            checkpoint (str): Id of the checkpoint that it is made of.
            name (str | Unset): What it is called. Default: model- and the checkpoint's number.
     """

    checkpoint: str
    name: str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        checkpoint = self.checkpoint

        name = self.name


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "checkpoint": checkpoint,
        })
        if name is not UNSET:
            field_dict["name"] = name

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        checkpoint = d.pop("checkpoint")

        name = d.pop("name", UNSET)

        checkpoint_registration = cls(
            checkpoint=checkpoint,
            name=name,
        )

        return checkpoint_registration

