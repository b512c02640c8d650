from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.job_plan import JobPlan





T = TypeVar("T", bound="StartedData")



@_attrs_define
class StartedData:
    """ What there is to know of it.

        Attributes:
            attempt (int): The engine process that runs, counted from 1.
            plan (JobPlan): What a job will do and need
     """

    attempt: int
    plan: JobPlan
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.job_plan import JobPlan # noqa: PLC0415
        attempt = self.attempt

        plan = self.plan.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "attempt": attempt,
            "plan": plan,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_plan import JobPlan # noqa: PLC0415
        d = dict(src_dict)
        attempt = d.pop("attempt")

        plan = JobPlan.from_dict(d.pop("plan"))




        started_data = cls(
            attempt=attempt,
            plan=plan,
        )


        started_data.additional_properties = d
        return started_data

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
