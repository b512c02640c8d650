from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="JobWebhook")



@_attrs_define
class JobWebhook:
    """ Where this job's events are posted to, beside the webhooks for all jobs. Default null: nowhere.

        Attributes:
            url (str): A public https URL, or one that the server's OUTBOUND_ALLOW opens.
            secret (str | Unset): Signs the deliveries (Standard Webhooks).
     """

    url: str
    secret: str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        url = self.url

        secret = self.secret


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "url": url,
        })
        if secret is not UNSET:
            field_dict["secret"] = secret

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url")

        secret = d.pop("secret", UNSET)

        job_webhook = cls(
            url=url,
            secret=secret,
        )

        return job_webhook

