from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="SecretRotation")



@_attrs_define
class SecretRotation:
    """ 
        Attributes:
            secret (str | Unset): The new one. Default: one is made.
            overlap_seconds (int | Unset): How long the secrets before go on signing beside the new one. 0: no longer.
                Default 86400, a day. Default: 86400.
     """

    secret: str | Unset = UNSET
    overlap_seconds: int | Unset = 86400





    def to_dict(self) -> dict[str, Any]:
        secret = self.secret

        overlap_seconds = self.overlap_seconds


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if secret is not UNSET:
            field_dict["secret"] = secret
        if overlap_seconds is not UNSET:
            field_dict["overlap_seconds"] = overlap_seconds

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        secret = d.pop("secret", UNSET)

        overlap_seconds = d.pop("overlap_seconds", UNSET)

        secret_rotation = cls(
            secret=secret,
            overlap_seconds=overlap_seconds,
        )

        return secret_rotation

