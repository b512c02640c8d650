from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Attribution")



@_attrs_define
class Attribution:
    """ 
        Attributes:
            action_token (str): The token's text; where it is part of a character, its bytes: <0xE2><0x80>.
            action_token_id (int): The token's number in the vocabulary.
            logprob (float | None): Under the policy that sampled it, by the training forward, in nats.
            ref_logprob (float | None): Under the reference model, in nats.
            kl_div (float | None): logprob − ref_logprob.
            value (float | None): Of the state before the token; null without a critic.
            reward (float | None): What the advantage was made from: −kl_coef·kl, and the score at the last token.
            advantage (float | None): What the policy's loss used: whitened where the job whitens.
            reward_to_go (float | None): Discounted sum of the rewards from this token on.
            prompt_idx (int): The prompt's place among the job's, from 0.
            sample_idx (int): Which of the step's samples of this prompt, from 0.
            step (int): From 1.
            epoch (int): From 1.
            position (int): In the response, from 0.
            rollout_id (str): The rollout that it is of.
            state_text (str | Unset): The text before the token: prompt and completion so far.
     """

    action_token: str
    action_token_id: int
    logprob: float | None
    ref_logprob: float | None
    kl_div: float | None
    value: float | None
    reward: float | None
    advantage: float | None
    reward_to_go: float | None
    prompt_idx: int
    sample_idx: int
    step: int
    epoch: int
    position: int
    rollout_id: str
    state_text: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        action_token = self.action_token

        action_token_id = self.action_token_id

        logprob: float | None
        logprob = self.logprob

        ref_logprob: float | None
        ref_logprob = self.ref_logprob

        kl_div: float | None
        kl_div = self.kl_div

        value: float | None
        value = self.value

        reward: float | None
        reward = self.reward

        advantage: float | None
        advantage = self.advantage

        reward_to_go: float | None
        reward_to_go = self.reward_to_go

        prompt_idx = self.prompt_idx

        sample_idx = self.sample_idx

        step = self.step

        epoch = self.epoch

        position = self.position

        rollout_id = self.rollout_id

        state_text = self.state_text


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "action_token": action_token,
            "action_token_id": action_token_id,
            "logprob": logprob,
            "ref_logprob": ref_logprob,
            "kl_div": kl_div,
            "value": value,
            "reward": reward,
            "advantage": advantage,
            "reward_to_go": reward_to_go,
            "prompt_idx": prompt_idx,
            "sample_idx": sample_idx,
            "step": step,
            "epoch": epoch,
            "position": position,
            "rollout_id": rollout_id,
        })
        if state_text is not UNSET:
            field_dict["state_text"] = state_text

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        action_token = d.pop("action_token")

        action_token_id = d.pop("action_token_id")

        def _parse_logprob(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        logprob = _parse_logprob(d.pop("logprob"))


        def _parse_ref_logprob(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        ref_logprob = _parse_ref_logprob(d.pop("ref_logprob"))


        def _parse_kl_div(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        kl_div = _parse_kl_div(d.pop("kl_div"))


        def _parse_value(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        value = _parse_value(d.pop("value"))


        def _parse_reward(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        reward = _parse_reward(d.pop("reward"))


        def _parse_advantage(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        advantage = _parse_advantage(d.pop("advantage"))


        def _parse_reward_to_go(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        reward_to_go = _parse_reward_to_go(d.pop("reward_to_go"))


        prompt_idx = d.pop("prompt_idx")

        sample_idx = d.pop("sample_idx")

        step = d.pop("step")

        epoch = d.pop("epoch")

        position = d.pop("position")

        rollout_id = d.pop("rollout_id")

        state_text = d.pop("state_text", UNSET)

        attribution = cls(
            action_token=action_token,
            action_token_id=action_token_id,
            logprob=logprob,
            ref_logprob=ref_logprob,
            kl_div=kl_div,
            value=value,
            reward=reward,
            advantage=advantage,
            reward_to_go=reward_to_go,
            prompt_idx=prompt_idx,
            sample_idx=sample_idx,
            step=step,
            epoch=epoch,
            position=position,
            rollout_id=rollout_id,
            state_text=state_text,
        )


        attribution.additional_properties = d
        return attribution

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
