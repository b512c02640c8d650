from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.job_error import JobError
  from ..models.progress import Progress





T = TypeVar("T", bound="PausedData")



@_attrs_define
class PausedData:
    """ What there is to know of it.

        Attributes:
            checkpoint (None | str): Id of the job's last checkpoint.
            progress (Progress): How far a job is
            reason (JobError | None): Why the server paused it; null where somebody asked.
     """

    checkpoint: None | str
    progress: Progress
    reason: JobError | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.job_error import JobError # noqa: PLC0415
        from ..models.progress import Progress # noqa: PLC0415
        checkpoint: None | str
        checkpoint = self.checkpoint

        progress = self.progress.to_dict()

        reason: dict[str, Any] | None
        if isinstance(self.reason, JobError):
            reason = self.reason.to_dict()
        else:
            reason = self.reason


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "checkpoint": checkpoint,
            "progress": progress,
            "reason": reason,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_error import JobError # noqa: PLC0415
        from ..models.progress import Progress # noqa: PLC0415
        d = dict(src_dict)
        def _parse_checkpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint"))


        progress = Progress.from_dict(d.pop("progress"))




        def _parse_reason(data: object) -> JobError | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                reason_type_0 = JobError.from_dict(data)



                return reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobError | None, data)

        reason = _parse_reason(d.pop("reason"))


        paused_data = cls(
            checkpoint=checkpoint,
            progress=progress,
            reason=reason,
        )


        paused_data.additional_properties = d
        return paused_data

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
