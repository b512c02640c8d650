from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.token_score import TokenScore





T = TypeVar("T", bound="Score")



@_attrs_define
class Score:
    """ 
        Attributes:
            logprob (float): Sum over the completion's tokens, in nats.
            ref_logprob (float): Sum over the completion's tokens, in nats.
            kl (float): Sum of kl_div over the completion's tokens.
            reward (float | Unset): What the request's reward gives it; left out without one.
            tokens (list[TokenScore] | Unset): Left out where the request says so.
     """

    logprob: float
    ref_logprob: float
    kl: float
    reward: float | Unset = UNSET
    tokens: list[TokenScore] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.token_score import TokenScore # noqa: PLC0415
        logprob = self.logprob

        ref_logprob = self.ref_logprob

        kl = self.kl

        reward = self.reward

        tokens: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tokens, Unset):
            tokens = []
            for tokens_item_data in self.tokens:
                tokens_item = tokens_item_data.to_dict()
                tokens.append(tokens_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "logprob": logprob,
            "ref_logprob": ref_logprob,
            "kl": kl,
        })
        if reward is not UNSET:
            field_dict["reward"] = reward
        if tokens is not UNSET:
            field_dict["tokens"] = tokens

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.token_score import TokenScore # noqa: PLC0415
        d = dict(src_dict)
        logprob = d.pop("logprob")

        ref_logprob = d.pop("ref_logprob")

        kl = d.pop("kl")

        reward = d.pop("reward", UNSET)

        _tokens = d.pop("tokens", UNSET)
        tokens: list[TokenScore] | Unset = UNSET
        if _tokens is not UNSET:
            tokens = []
            for tokens_item_data in _tokens:
                tokens_item = TokenScore.from_dict(tokens_item_data)



                tokens.append(tokens_item)


        score = cls(
            logprob=logprob,
            ref_logprob=ref_logprob,
            kl=kl,
            reward=reward,
            tokens=tokens,
        )


        score.additional_properties = d
        return score

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
