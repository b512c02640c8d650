from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.list_models_response_200_generation_precision import ListModelsResponse200GenerationPrecision
from ..models.list_models_response_200_object import ListModelsResponse200Object
from typing import cast

if TYPE_CHECKING:
  from ..models.model import Model





T = TypeVar("T", bound="ListModelsResponse200")



@_attrs_define
class ListModelsResponse200:
    """ 
        Attributes:
            object_ (ListModelsResponse200Object): What this is.
            data (list[Model]): The models.
            device (str): Where they run unless a job says otherwise: cpu, cuda or cuda:N.
            generation_precision (ListModelsResponse200GenerationPrecision): What generations multiply by
                (SERVING_PRECISION): with int8 their texts and the log-probabilities of sampled tokens are those of the model in
                8 bits. Scores, values and log-probabilities of given texts are float32 either way, as is sampling of fully
                fine-tuned weights.
     """

    object_: ListModelsResponse200Object
    data: list[Model]
    device: str
    generation_precision: ListModelsResponse200GenerationPrecision
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.model import Model # noqa: PLC0415
        object_ = self.object_.value

        data = []
        for data_item_data in self.data:
            data_item = data_item_data.to_dict()
            data.append(data_item)



        device = self.device

        generation_precision = self.generation_precision.value


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "data": data,
            "device": device,
            "generation_precision": generation_precision,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.model import Model # noqa: PLC0415
        d = dict(src_dict)
        object_ = ListModelsResponse200Object(d.pop("object"))




        data = []
        _data = d.pop("data")
        for data_item_data in (_data):
            data_item = Model.from_dict(data_item_data)



            data.append(data_item)


        device = d.pop("device")

        generation_precision = ListModelsResponse200GenerationPrecision(d.pop("generation_precision"))




        list_models_response_200 = cls(
            object_=object_,
            data=data,
            device=device,
            generation_precision=generation_precision,
        )


        list_models_response_200.additional_properties = d
        return list_models_response_200

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
