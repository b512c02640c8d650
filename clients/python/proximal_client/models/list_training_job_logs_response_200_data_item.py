from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="ListTrainingJobLogsResponse200DataItem")



@_attrs_define
class ListTrainingJobLogsResponse200DataItem:
    """ 
        Attributes:
            time (str): When the server had it.
            attempt (int): The engine process that wrote it, counted from 1.
            line (str): Without places of the machine; at most 1,000 characters.
     """

    time: str
    attempt: int
    line: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        time = self.time

        attempt = self.attempt

        line = self.line


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "time": time,
            "attempt": attempt,
            "line": line,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        time = d.pop("time")

        attempt = d.pop("attempt")

        line = d.pop("line")

        list_training_job_logs_response_200_data_item = cls(
            time=time,
            attempt=attempt,
            line=line,
        )


        list_training_job_logs_response_200_data_item.additional_properties = d
        return list_training_job_logs_response_200_data_item

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
