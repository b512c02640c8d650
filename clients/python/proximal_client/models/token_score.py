from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="TokenScore")



@_attrs_define
class TokenScore:
    """ 
        Attributes:
            token_id (int): The token.
            token (str): Its text.
            logprob (float): Under the policy, in nats.
            ref_logprob (float): Under the bare model, in nats.
            kl_div (float): logprob − ref_logprob (k1).
            entropy (float): Of the policy where the token was chosen, in nats.
            value (float | Unset): Of the state before the token; where the checkpoint has a value network.
     """

    token_id: int
    token: str
    logprob: float
    ref_logprob: float
    kl_div: float
    entropy: float
    value: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        token_id = self.token_id

        token = self.token

        logprob = self.logprob

        ref_logprob = self.ref_logprob

        kl_div = self.kl_div

        entropy = self.entropy

        value = self.value


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "token_id": token_id,
            "token": token,
            "logprob": logprob,
            "ref_logprob": ref_logprob,
            "kl_div": kl_div,
            "entropy": entropy,
        })
        if value is not UNSET:
            field_dict["value"] = value

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token_id = d.pop("token_id")

        token = d.pop("token")

        logprob = d.pop("logprob")

        ref_logprob = d.pop("ref_logprob")

        kl_div = d.pop("kl_div")

        entropy = d.pop("entropy")

        value = d.pop("value", UNSET)

        token_score = cls(
            token_id=token_id,
            token=token,
            logprob=logprob,
            ref_logprob=ref_logprob,
            kl_div=kl_div,
            entropy=entropy,
            value=value,
        )


        token_score.additional_properties = d
        return token_score

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
