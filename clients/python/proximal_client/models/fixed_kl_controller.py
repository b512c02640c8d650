from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fixed_kl_controller_type import FixedKlControllerType






T = TypeVar("T", bound="FixedKlController")



@_attrs_define
class FixedKlController:
    """ kl_coef stays as it is

        Attributes:
            type_ (FixedKlControllerType): How the coefficient moves: not.
     """

    type_: FixedKlControllerType





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = FixedKlControllerType(d.pop("type"))




        fixed_kl_controller = cls(
            type_=type_,
        )

        return fixed_kl_controller

