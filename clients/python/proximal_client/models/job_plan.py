from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.job_plan_estimate import JobPlanEstimate
  from ..models.job_plan_examples import JobPlanExamples
  from ..models.job_plan_prompt_tokens import JobPlanPromptTokens





T = TypeVar("T", bound="JobPlan")



@_attrs_define
class JobPlan:
    """ What a job will do and need

        Attributes:
            steps (int): Optimizer or PPO steps in all.
            steps_per_epoch (int): Steps of an epoch.
            prompt_tokens (JobPlanPromptTokens): How long the rows' prompts are, in tokens.
            trainable_parameters (int): Numbers that are trained.
            base_parameters (int): Numbers that the model has.
            estimate (JobPlanEstimate): What the job is estimated to need.
            examples (JobPlanExamples | Unset): What becomes of the examples; of jobs that learn from given texts.
            repeats (bool | Unset): False where a rollout server samples: another run of the job, or one that resumes, need
                not give the same bytes.
     """

    steps: int
    steps_per_epoch: int
    prompt_tokens: JobPlanPromptTokens
    trainable_parameters: int
    base_parameters: int
    estimate: JobPlanEstimate
    examples: JobPlanExamples | Unset = UNSET
    repeats: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.job_plan_estimate import JobPlanEstimate # noqa: PLC0415
        from ..models.job_plan_examples import JobPlanExamples # noqa: PLC0415
        from ..models.job_plan_prompt_tokens import JobPlanPromptTokens # noqa: PLC0415
        steps = self.steps

        steps_per_epoch = self.steps_per_epoch

        prompt_tokens = self.prompt_tokens.to_dict()

        trainable_parameters = self.trainable_parameters

        base_parameters = self.base_parameters

        estimate = self.estimate.to_dict()

        examples: dict[str, Any] | Unset = UNSET
        if not isinstance(self.examples, Unset):
            examples = self.examples.to_dict()

        repeats = self.repeats


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "steps": steps,
            "steps_per_epoch": steps_per_epoch,
            "prompt_tokens": prompt_tokens,
            "trainable_parameters": trainable_parameters,
            "base_parameters": base_parameters,
            "estimate": estimate,
        })
        if examples is not UNSET:
            field_dict["examples"] = examples
        if repeats is not UNSET:
            field_dict["repeats"] = repeats

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_plan_estimate import JobPlanEstimate # noqa: PLC0415
        from ..models.job_plan_examples import JobPlanExamples # noqa: PLC0415
        from ..models.job_plan_prompt_tokens import JobPlanPromptTokens # noqa: PLC0415
        d = dict(src_dict)
        steps = d.pop("steps")

        steps_per_epoch = d.pop("steps_per_epoch")

        prompt_tokens = JobPlanPromptTokens.from_dict(d.pop("prompt_tokens"))




        trainable_parameters = d.pop("trainable_parameters")

        base_parameters = d.pop("base_parameters")

        estimate = JobPlanEstimate.from_dict(d.pop("estimate"))




        _examples = d.pop("examples", UNSET)
        examples: JobPlanExamples | Unset
        if isinstance(_examples,  Unset):
            examples = UNSET
        else:
            examples = JobPlanExamples.from_dict(_examples)




        repeats = d.pop("repeats", UNSET)

        job_plan = cls(
            steps=steps,
            steps_per_epoch=steps_per_epoch,
            prompt_tokens=prompt_tokens,
            trainable_parameters=trainable_parameters,
            base_parameters=base_parameters,
            estimate=estimate,
            examples=examples,
            repeats=repeats,
        )


        job_plan.additional_properties = d
        return job_plan

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
