from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.rollout_finish_reason import RolloutFinishReason
from typing import cast

if TYPE_CHECKING:
  from ..models.rollout_rewards import RolloutRewards





T = TypeVar("T", bound="Rollout")



@_attrs_define
class Rollout:
    """ 
        Attributes:
            rollout_id (str): Step and row: 12-3. Unique in the job.
            prompt_idx (int): The prompt's place among the job's, from 0.
            sample_idx (int): Which of the step's samples of this prompt, from 0.
            step (int): From 1.
            epoch (int): From 1.
            prompt (str): As the model saw it, chat template included.
            completion (str): What the policy answered.
            score (float | None): After shaping, scaling and clipping: what the last token's reward has of it.
            raw_score (float | None): What the reward gave.
            rewards (RolloutRewards): The reward's terms by name, each as it scored.
            kl (float | None): Sum of logprob − ref_logprob over the tokens, in nats.
            bootstrap_value (float | None): Value of the state after the last token, which a cut-off response's returns go
                on with; 0 where it ended.
            finish_reason (RolloutFinishReason): stop: a stop token ended it; length: max_new_tokens did.
            prompt_tokens (int): The prompt's length in tokens.
            completion_tokens (int): With the stop token.
     """

    rollout_id: str
    prompt_idx: int
    sample_idx: int
    step: int
    epoch: int
    prompt: str
    completion: str
    score: float | None
    raw_score: float | None
    rewards: RolloutRewards
    kl: float | None
    bootstrap_value: float | None
    finish_reason: RolloutFinishReason
    prompt_tokens: int
    completion_tokens: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.rollout_rewards import RolloutRewards # noqa: PLC0415
        rollout_id = self.rollout_id

        prompt_idx = self.prompt_idx

        sample_idx = self.sample_idx

        step = self.step

        epoch = self.epoch

        prompt = self.prompt

        completion = self.completion

        score: float | None
        score = self.score

        raw_score: float | None
        raw_score = self.raw_score

        rewards = self.rewards.to_dict()

        kl: float | None
        kl = self.kl

        bootstrap_value: float | None
        bootstrap_value = self.bootstrap_value

        finish_reason = self.finish_reason.value

        prompt_tokens = self.prompt_tokens

        completion_tokens = self.completion_tokens


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "rollout_id": rollout_id,
            "prompt_idx": prompt_idx,
            "sample_idx": sample_idx,
            "step": step,
            "epoch": epoch,
            "prompt": prompt,
            "completion": completion,
            "score": score,
            "raw_score": raw_score,
            "rewards": rewards,
            "kl": kl,
            "bootstrap_value": bootstrap_value,
            "finish_reason": finish_reason,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rollout_rewards import RolloutRewards # noqa: PLC0415
        d = dict(src_dict)
        rollout_id = d.pop("rollout_id")

        prompt_idx = d.pop("prompt_idx")

        sample_idx = d.pop("sample_idx")

        step = d.pop("step")

        epoch = d.pop("epoch")

        prompt = d.pop("prompt")

        completion = d.pop("completion")

        def _parse_score(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        score = _parse_score(d.pop("score"))


        def _parse_raw_score(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        raw_score = _parse_raw_score(d.pop("raw_score"))


        rewards = RolloutRewards.from_dict(d.pop("rewards"))




        def _parse_kl(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        kl = _parse_kl(d.pop("kl"))


        def _parse_bootstrap_value(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        bootstrap_value = _parse_bootstrap_value(d.pop("bootstrap_value"))


        finish_reason = RolloutFinishReason(d.pop("finish_reason"))




        prompt_tokens = d.pop("prompt_tokens")

        completion_tokens = d.pop("completion_tokens")

        rollout = cls(
            rollout_id=rollout_id,
            prompt_idx=prompt_idx,
            sample_idx=sample_idx,
            step=step,
            epoch=epoch,
            prompt=prompt,
            completion=completion,
            score=score,
            raw_score=raw_score,
            rewards=rewards,
            kl=kl,
            bootstrap_value=bootstrap_value,
            finish_reason=finish_reason,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
        )


        rollout.additional_properties = d
        return rollout

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
