from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.evaluation_result_against_type_0 import EvaluationResultAgainstType0
  from ..models.evaluation_result_reward import EvaluationResultReward
  from ..models.evaluation_result_samples_item import EvaluationResultSamplesItem
  from ..models.evaluation_result_terms import EvaluationResultTerms





T = TypeVar("T", bound="EvaluationResult")



@_attrs_define
class EvaluationResult:
    """ What an evaluation comes to

        Attributes:
            n (int): Completions of each policy.
            prompts (int): How many were answered.
            reward (EvaluationResultReward): Scores by the job's reward.
            terms (EvaluationResultTerms): The same of each part of the reward.
            kl (float | None): Mean over the sequences of the k1 estimate of the KL from the bare model (in a training job,
                from its reference), in nats per sequence.
            entropy (float | None): Mean over the tokens, in nats, at the sampling temperature.
            length (float): Mean tokens of a completion, the token that ends it included.
            finish_share (float): Share of the completions that ended by themselves.
            distinct_1 (float): Different tokens by all tokens, over the first 65,536 tokens of the completions.
            distinct_2 (float): The same of pairs of tokens.
            win_rate (float | None): Share of the n pairs in which this policy's score is the higher one.
            wins (int | None): Pairs in which this policy's score is the higher one.
            ties (int | None): Pairs of equal scores, which are neither won nor lost.
            losses (int | None): Pairs in which the other's is.
            against (EvaluationResultAgainstType0 | None): The other policy's.
            samples (list[EvaluationResultSamplesItem]): The first prompts' first completions, cut where they are long.
     """

    n: int
    prompts: int
    reward: EvaluationResultReward
    terms: EvaluationResultTerms
    kl: float | None
    entropy: float | None
    length: float
    finish_share: float
    distinct_1: float
    distinct_2: float
    win_rate: float | None
    wins: int | None
    ties: int | None
    losses: int | None
    against: EvaluationResultAgainstType0 | None
    samples: list[EvaluationResultSamplesItem]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.evaluation_result_against_type_0 import EvaluationResultAgainstType0 # noqa: PLC0415
        from ..models.evaluation_result_reward import EvaluationResultReward # noqa: PLC0415
        from ..models.evaluation_result_samples_item import EvaluationResultSamplesItem # noqa: PLC0415
        from ..models.evaluation_result_terms import EvaluationResultTerms # noqa: PLC0415
        n = self.n

        prompts = self.prompts

        reward = self.reward.to_dict()

        terms = self.terms.to_dict()

        kl: float | None
        kl = self.kl

        entropy: float | None
        entropy = self.entropy

        length = self.length

        finish_share = self.finish_share

        distinct_1 = self.distinct_1

        distinct_2 = self.distinct_2

        win_rate: float | None
        win_rate = self.win_rate

        wins: int | None
        wins = self.wins

        ties: int | None
        ties = self.ties

        losses: int | None
        losses = self.losses

        against: dict[str, Any] | None
        if isinstance(self.against, EvaluationResultAgainstType0):
            against = self.against.to_dict()
        else:
            against = self.against

        samples = []
        for samples_item_data in self.samples:
            samples_item = samples_item_data.to_dict()
            samples.append(samples_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "n": n,
            "prompts": prompts,
            "reward": reward,
            "terms": terms,
            "kl": kl,
            "entropy": entropy,
            "length": length,
            "finish_share": finish_share,
            "distinct_1": distinct_1,
            "distinct_2": distinct_2,
            "win_rate": win_rate,
            "wins": wins,
            "ties": ties,
            "losses": losses,
            "against": against,
            "samples": samples,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.evaluation_result_against_type_0 import EvaluationResultAgainstType0 # noqa: PLC0415
        from ..models.evaluation_result_reward import EvaluationResultReward # noqa: PLC0415
        from ..models.evaluation_result_samples_item import EvaluationResultSamplesItem # noqa: PLC0415
        from ..models.evaluation_result_terms import EvaluationResultTerms # noqa: PLC0415
        d = dict(src_dict)
        n = d.pop("n")

        prompts = d.pop("prompts")

        reward = EvaluationResultReward.from_dict(d.pop("reward"))




        terms = EvaluationResultTerms.from_dict(d.pop("terms"))




        def _parse_kl(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        kl = _parse_kl(d.pop("kl"))


        def _parse_entropy(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        entropy = _parse_entropy(d.pop("entropy"))


        length = d.pop("length")

        finish_share = d.pop("finish_share")

        distinct_1 = d.pop("distinct_1")

        distinct_2 = d.pop("distinct_2")

        def _parse_win_rate(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        win_rate = _parse_win_rate(d.pop("win_rate"))


        def _parse_wins(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        wins = _parse_wins(d.pop("wins"))


        def _parse_ties(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        ties = _parse_ties(d.pop("ties"))


        def _parse_losses(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        losses = _parse_losses(d.pop("losses"))


        def _parse_against(data: object) -> EvaluationResultAgainstType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                against_type_0 = EvaluationResultAgainstType0.from_dict(data)



                return against_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EvaluationResultAgainstType0 | None, data)

        against = _parse_against(d.pop("against"))


        samples = []
        _samples = d.pop("samples")
        for samples_item_data in (_samples):
            samples_item = EvaluationResultSamplesItem.from_dict(samples_item_data)



            samples.append(samples_item)


        evaluation_result = cls(
            n=n,
            prompts=prompts,
            reward=reward,
            terms=terms,
            kl=kl,
            entropy=entropy,
            length=length,
            finish_share=finish_share,
            distinct_1=distinct_1,
            distinct_2=distinct_2,
            win_rate=win_rate,
            wins=wins,
            ties=ties,
            losses=losses,
            against=against,
            samples=samples,
        )


        evaluation_result.additional_properties = d
        return evaluation_result

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
