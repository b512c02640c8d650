from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.evaluation_job_config import EvaluationJobConfig
  from ..models.job_plan import JobPlan
  from ..models.job_rows import JobRows
  from ..models.ppo_job_config import PpoJobConfig
  from ..models.reward_model_job_config import RewardModelJobConfig
  from ..models.sft_job_config import SftJobConfig





T = TypeVar("T", bound="DryRun")



@_attrs_define
class DryRun:
    """ 
        Attributes:
            config (EvaluationJobConfig | PpoJobConfig | RewardModelJobConfig | SftJobConfig): The request with every
                default filled in, without its rows
            rows (JobRows): What a job works on
            plan (JobPlan): What a job will do and need
     """

    config: EvaluationJobConfig | PpoJobConfig | RewardModelJobConfig | SftJobConfig
    rows: JobRows
    plan: JobPlan
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.evaluation_job_config import EvaluationJobConfig # noqa: PLC0415
        from ..models.job_plan import JobPlan # noqa: PLC0415
        from ..models.job_rows import JobRows # noqa: PLC0415
        from ..models.ppo_job_config import PpoJobConfig # noqa: PLC0415
        from ..models.reward_model_job_config import RewardModelJobConfig # noqa: PLC0415
        from ..models.sft_job_config import SftJobConfig # noqa: PLC0415
        config: dict[str, Any]
        if isinstance(self.config, PpoJobConfig):
            config = self.config.to_dict()
        elif isinstance(self.config, SftJobConfig):
            config = self.config.to_dict()
        elif isinstance(self.config, RewardModelJobConfig):
            config = self.config.to_dict()
        else:
            config = self.config.to_dict()


        rows = self.rows.to_dict()

        plan = self.plan.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "config": config,
            "rows": rows,
            "plan": plan,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.evaluation_job_config import EvaluationJobConfig # noqa: PLC0415
        from ..models.job_plan import JobPlan # noqa: PLC0415
        from ..models.job_rows import JobRows # noqa: PLC0415
        from ..models.ppo_job_config import PpoJobConfig # noqa: PLC0415
        from ..models.reward_model_job_config import RewardModelJobConfig # noqa: PLC0415
        from ..models.sft_job_config import SftJobConfig # noqa: PLC0415
        d = dict(src_dict)
        def _parse_config(data: object) -> EvaluationJobConfig | PpoJobConfig | RewardModelJobConfig | SftJobConfig:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_job_config_type_0 = PpoJobConfig.from_dict(data)



                return componentsschemas_job_config_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_job_config_type_1 = SftJobConfig.from_dict(data)



                return componentsschemas_job_config_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_job_config_type_2 = RewardModelJobConfig.from_dict(data)



                return componentsschemas_job_config_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_job_config_type_3 = EvaluationJobConfig.from_dict(data)



            return componentsschemas_job_config_type_3

        config = _parse_config(d.pop("config"))


        rows = JobRows.from_dict(d.pop("rows"))




        plan = JobPlan.from_dict(d.pop("plan"))




        dry_run = cls(
            config=config,
            rows=rows,
            plan=plan,
        )


        dry_run.additional_properties = d
        return dry_run

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
