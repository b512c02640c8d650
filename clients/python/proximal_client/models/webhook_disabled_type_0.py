from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.webhook_disabled_type_0_code import WebhookDisabledType0Code
from typing import cast
import datetime






T = TypeVar("T", bound="WebhookDisabledType0")



@_attrs_define
class WebhookDisabledType0:
    """ Why nothing is sent; null while it is enabled.

        Attributes:
            code (WebhookDisabledType0Code): by_request; gone: the receiver answered 410; failing: it accepted nothing for
                days.
            reason (str): The same for people.
            at (datetime.datetime): Since when.
     """

    code: WebhookDisabledType0Code
    reason: str
    at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        reason = self.reason

        at = self.at.isoformat()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "code": code,
            "reason": reason,
            "at": at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = WebhookDisabledType0Code(d.pop("code"))




        reason = d.pop("reason")

        at = datetime.datetime.fromisoformat(d.pop("at"))




        webhook_disabled_type_0 = cls(
            code=code,
            reason=reason,
            at=at,
        )


        webhook_disabled_type_0.additional_properties = d
        return webhook_disabled_type_0

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
