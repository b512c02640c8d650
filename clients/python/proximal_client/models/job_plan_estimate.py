from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.job_plan_estimate_memory import JobPlanEstimateMemory





T = TypeVar("T", bound="JobPlanEstimate")



@_attrs_define
class JobPlanEstimate:
    """ What the job is estimated to need.

        Attributes:
            memory_bytes (float): The engine's peak; `memory` says of what.
            memory (JobPlanEstimateMemory | Unset): Bytes by what takes them.
            machine_bytes (float | Unset): What the machine, or the server's part of it, has in all.
            available_bytes (float | Unset): What of the machine is free for it now.
            step_flops (float | Unset): Operations of one step's products.
            step_seconds (float | Unset): By the rate of a large product and of reading on this machine.
     """

    memory_bytes: float
    memory: JobPlanEstimateMemory | Unset = UNSET
    machine_bytes: float | Unset = UNSET
    available_bytes: float | Unset = UNSET
    step_flops: float | Unset = UNSET
    step_seconds: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.job_plan_estimate_memory import JobPlanEstimateMemory # noqa: PLC0415
        memory_bytes = self.memory_bytes

        memory: dict[str, Any] | Unset = UNSET
        if not isinstance(self.memory, Unset):
            memory = self.memory.to_dict()

        machine_bytes = self.machine_bytes

        available_bytes = self.available_bytes

        step_flops = self.step_flops

        step_seconds = self.step_seconds


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "memory_bytes": memory_bytes,
        })
        if memory is not UNSET:
            field_dict["memory"] = memory
        if machine_bytes is not UNSET:
            field_dict["machine_bytes"] = machine_bytes
        if available_bytes is not UNSET:
            field_dict["available_bytes"] = available_bytes
        if step_flops is not UNSET:
            field_dict["step_flops"] = step_flops
        if step_seconds is not UNSET:
            field_dict["step_seconds"] = step_seconds

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_plan_estimate_memory import JobPlanEstimateMemory # noqa: PLC0415
        d = dict(src_dict)
        memory_bytes = d.pop("memory_bytes")

        _memory = d.pop("memory", UNSET)
        memory: JobPlanEstimateMemory | Unset
        if isinstance(_memory,  Unset):
            memory = UNSET
        else:
            memory = JobPlanEstimateMemory.from_dict(_memory)




        machine_bytes = d.pop("machine_bytes", UNSET)

        available_bytes = d.pop("available_bytes", UNSET)

        step_flops = d.pop("step_flops", UNSET)

        step_seconds = d.pop("step_seconds", UNSET)

        job_plan_estimate = cls(
            memory_bytes=memory_bytes,
            memory=memory,
            machine_bytes=machine_bytes,
            available_bytes=available_bytes,
            step_flops=step_flops,
            step_seconds=step_seconds,
        )


        job_plan_estimate.additional_properties = d
        return job_plan_estimate

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
