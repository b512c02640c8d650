from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.http_reward_on_error_type_0 import HttpRewardOnErrorType0
from ..models.http_reward_type import HttpRewardType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.http_reward_headers import HttpRewardHeaders





T = TypeVar("T", bound="HttpReward")



@_attrs_define
class HttpReward:
    """ What a service of your own answers to batches of prompts and completions

        Attributes:
            type_ (HttpRewardType): Which reward it is.
            url (str): Where batches are posted to: a public https URL, or one that the server's OUTBOUND_ALLOW opens.
            headers (HttpRewardHeaders | Unset): Sent with each request. Their values are secrets: no answer, log or error
                shows them.
            secret (str | Unset): Signs the requests as webhooks are (Standard Webhooks). Default: they are not signed.
            timeout_ms (int | Unset): How long one try of a request may take, in ms. Default 30000. Default: 30000.
            batch_size (int | Unset): Completions in a request, at most. Default 64. Default: 64.
            concurrency (int | Unset): Requests at a time. Default 4. Default: 4.
            max_attempts (int | Unset): Tries of a request: one that is answered 408, 429 or 5xx, not at all or too late is
                sent again after a growing pause. Default 4. Default: 4.
            on_error (float | HttpRewardOnErrorType0 | Unset): What becomes of a row that has no score: fail ends the job
                (code reward_failed) and names the row; a number is its score. Default fail.
     """

    type_: HttpRewardType
    url: str
    headers: HttpRewardHeaders | Unset = UNSET
    secret: str | Unset = UNSET
    timeout_ms: int | Unset = 30000
    batch_size: int | Unset = 64
    concurrency: int | Unset = 4
    max_attempts: int | Unset = 4
    on_error: float | HttpRewardOnErrorType0 | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.http_reward_headers import HttpRewardHeaders # noqa: PLC0415
        type_ = self.type_.value

        url = self.url

        headers: dict[str, Any] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = self.headers.to_dict()

        secret = self.secret

        timeout_ms = self.timeout_ms

        batch_size = self.batch_size

        concurrency = self.concurrency

        max_attempts = self.max_attempts

        on_error: float | str | Unset
        if isinstance(self.on_error, Unset):
            on_error = UNSET
        elif isinstance(self.on_error, HttpRewardOnErrorType0):
            on_error = self.on_error.value
        else:
            on_error = self.on_error


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "url": url,
        })
        if headers is not UNSET:
            field_dict["headers"] = headers
        if secret is not UNSET:
            field_dict["secret"] = secret
        if timeout_ms is not UNSET:
            field_dict["timeout_ms"] = timeout_ms
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if max_attempts is not UNSET:
            field_dict["max_attempts"] = max_attempts
        if on_error is not UNSET:
            field_dict["on_error"] = on_error

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.http_reward_headers import HttpRewardHeaders # noqa: PLC0415
        d = dict(src_dict)
        type_ = HttpRewardType(d.pop("type"))




        url = d.pop("url")

        _headers = d.pop("headers", UNSET)
        headers: HttpRewardHeaders | Unset
        if isinstance(_headers,  Unset):
            headers = UNSET
        else:
            headers = HttpRewardHeaders.from_dict(_headers)




        secret = d.pop("secret", UNSET)

        timeout_ms = d.pop("timeout_ms", UNSET)

        batch_size = d.pop("batch_size", UNSET)

        concurrency = d.pop("concurrency", UNSET)

        max_attempts = d.pop("max_attempts", UNSET)

        def _parse_on_error(data: object) -> float | HttpRewardOnErrorType0 | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                on_error_type_0 = HttpRewardOnErrorType0(data)



                return on_error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(float | HttpRewardOnErrorType0 | Unset, data)

        on_error = _parse_on_error(d.pop("on_error", UNSET))


        http_reward = cls(
            type_=type_,
            url=url,
            headers=headers,
            secret=secret,
            timeout_ms=timeout_ms,
            batch_size=batch_size,
            concurrency=concurrency,
            max_attempts=max_attempts,
            on_error=on_error,
        )

        return http_reward

