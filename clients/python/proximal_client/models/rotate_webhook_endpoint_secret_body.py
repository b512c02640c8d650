from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="RotateWebhookEndpointSecretBody")



@_attrs_define
class RotateWebhookEndpointSecretBody:
    """ 
        Example:
            {'keep_old_secret_active_for_24_hours': True}

        Attributes:
            keep_old_secret_active_for_24_hours (bool | Unset): Whether the secret before signs beside the new one for a
                day.
     """

    keep_old_secret_active_for_24_hours: bool | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        keep_old_secret_active_for_24_hours = self.keep_old_secret_active_for_24_hours


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if keep_old_secret_active_for_24_hours is not UNSET:
            field_dict["keep_old_secret_active_for_24_hours"] = keep_old_secret_active_for_24_hours

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        keep_old_secret_active_for_24_hours = d.pop("keep_old_secret_active_for_24_hours", UNSET)

        rotate_webhook_endpoint_secret_body = cls(
            keep_old_secret_active_for_24_hours=keep_old_secret_active_for_24_hours,
        )

        return rotate_webhook_endpoint_secret_body

