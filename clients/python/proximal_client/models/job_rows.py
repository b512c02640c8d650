from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.job_rows_field import JobRowsField
from typing import cast






T = TypeVar("T", bound="JobRows")



@_attrs_define
class JobRows:
    """ What a job works on

        Attributes:
            field (JobRowsField): The field of the request that has them.
            count (int): How many there are.
            dataset (None | str): Id of the dataset that they are read from; null: they came with the request.
     """

    field: JobRowsField
    count: int
    dataset: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        field = self.field.value

        count = self.count

        dataset: None | str
        dataset = self.dataset


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "field": field,
            "count": count,
            "dataset": dataset,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        field = JobRowsField(d.pop("field"))




        count = d.pop("count")

        def _parse_dataset(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        dataset = _parse_dataset(d.pop("dataset"))


        job_rows = cls(
            field=field,
            count=count,
            dataset=dataset,
        )


        job_rows.additional_properties = d
        return job_rows

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
