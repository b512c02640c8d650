from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.training_job import TrainingJob





T = TypeVar("T", bound="StartedWebhookData")



@_attrs_define
class StartedWebhookData:
    """ The job as it was then, and what else there is to know.

        Attributes:
            job (TrainingJob): A job and where it is
            eta_seconds (float | None): Until the job's last step; null where nothing is known of it.
     """

    job: TrainingJob
    eta_seconds: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.training_job import TrainingJob # noqa: PLC0415
        job = self.job.to_dict()

        eta_seconds: float | None
        eta_seconds = self.eta_seconds


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "job": job,
            "eta_seconds": eta_seconds,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.training_job import TrainingJob # noqa: PLC0415
        d = dict(src_dict)
        job = TrainingJob.from_dict(d.pop("job"))




        def _parse_eta_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        eta_seconds = _parse_eta_seconds(d.pop("eta_seconds"))


        started_webhook_data = cls(
            job=job,
            eta_seconds=eta_seconds,
        )


        started_webhook_data.additional_properties = d
        return started_webhook_data

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
